"""What a course takes from the lessons: sheets for each student, question banks, assignments."""

"""What a course takes from the lessons: a seed for each student, sheets, banks of questions."""

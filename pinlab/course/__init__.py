"""What a course takes from the lessons, beside reading them."""

"""What readers open from a link: the lessons as pages, and as notebooks that run there."""

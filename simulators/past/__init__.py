"""`python -m simulators history`: a past, printed line by line for whoever writes it in bulk."""

"""What service tasks do: the steps that lines share, named by their verb, and `<line>.py` for what one line needs."""

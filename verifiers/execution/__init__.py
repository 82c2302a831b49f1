"""What a program does, line by line: events, how they are written down, and whether a text says what happened."""

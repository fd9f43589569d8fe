"""What belongs to one language: its abbreviations, numbers, units and little words."""

"""What language models write, sorted into words, thoughts and tool calls; pure."""

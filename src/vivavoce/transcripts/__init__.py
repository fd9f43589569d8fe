"""What was said in a recording or live, as segments, words and subtitles."""

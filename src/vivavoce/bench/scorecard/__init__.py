"""The scorecard of turn-taking: simulated callers, and what they met with.

scenario    what a caller does, from YAML
voices, sound, loudspeaker
            what it sounds like: speech, noises, the room, the echo, the network
caller      plays a script at the speed of speech, and listens
in_process, over_realtime
            whom it is played to
timeline    all that was said, heard and decided in one call
measure     from a timeline to figures; pure
statistics, summary, compare, html
            from figures to what can be told
"""

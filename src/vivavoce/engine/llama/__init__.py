"""GGUF language models in this process, through llama.cpp."""

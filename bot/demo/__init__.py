"""The demo: scripted members play the whole way in a web chat, on pictures drawn by code."""

"""The API's client: standard library only."""

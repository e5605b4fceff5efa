"""Pure rules of the domain: no input or output, no clock, no randomness."""

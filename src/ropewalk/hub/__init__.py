"""The application: one writer of state, a scheduler of effects, races, checks, integration."""

"""The order of the stages: one short file per thing that a user asks for."""

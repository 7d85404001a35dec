"""Stage one: files ─► photos that the other stages can rely on."""

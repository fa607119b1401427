"""Short answers for agents and scripts, from what a store knows; each file has one."""

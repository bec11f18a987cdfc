"""Pictures of the workstation, and the programs that paint them."""

"""What the gateways keep of the payments they take."""

"""What a kernel does with page references and pins: standard library only."""

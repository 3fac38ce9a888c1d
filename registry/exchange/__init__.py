"""What other authorities tell: ports, simulated sources fed from files, and the mirrors they fill (F-SYNC, F-SI)."""

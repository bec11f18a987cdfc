"""How fast the library is: figures with their targets. By hand (`make bench`); no test is timed."""

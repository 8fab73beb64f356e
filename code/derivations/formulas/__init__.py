"""What a formula is: the table of operations, the makers that simplify, and the names."""

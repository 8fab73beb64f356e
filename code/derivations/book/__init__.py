"""The pages of a book, and the equations in them."""

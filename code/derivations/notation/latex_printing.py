def to_latex(tree):
    raise NotImplementedError

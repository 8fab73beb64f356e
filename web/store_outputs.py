"""Run notebooks and store their outputs in them: `python web/store_outputs.py chapters/*.ipynb`.

What is stored depends on the notebook's code alone: no times, no versions, one kernel name. What the page says of
itself (``myst``) stays. A notebook whose outputs did not change keeps every byte.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from gradients import figures

IMAGES = Path("chapters/images")
PICTURES = {"first-step.svg": figures.first_step, "derivation-checked.svg": figures.derivation_checked}
"""What pages without cells show: the landing page, and the README."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def store_outputs(path):
    """Run the notebook at `path` in its own folder and write it back with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(path.parent)}},
        timeout=120,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
    )
    client.execute()
    described = {name: words for name, words in notebook.metadata.items() if name == "myst"}
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL} | described)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, flush=True)
        store_outputs(Path(name))
    IMAGES.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (IMAGES / name).write_text(draw()._repr_svg_(), encoding="utf-8")

// A formula that is wider than its place scrolls there, by key too: while it does, it is a stop of the Tab key.
{
  const reach = () => {
    for (const box of document.querySelectorAll("span.math, div.math > mjx-container, .mathjax_process")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  new ResizeObserver(reach).observe(document.body);
}

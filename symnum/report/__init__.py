"""Render derivations: in the terminal, as JSON, as a self-contained HTML page, as plots."""

from symnum.report.html import Neighbours, write_failure, write_index, write_page
from symnum.report.measurement import Measurement, Speed, Tail, measure
from symnum.report.pages import Page, build_page, installation, page_as_json, page_figures
from symnum.report.peers import Comparison, measure_peers
from symnum.report.plots import figure_svg, save_figure
from symnum.report.terminal import print_page, print_table

__all__ = [
    "Comparison",
    "Measurement",
    "Neighbours",
    "Page",
    "Speed",
    "Tail",
    "build_page",
    "figure_svg",
    "installation",
    "measure",
    "measure_peers",
    "page_as_json",
    "page_figures",
    "print_page",
    "print_table",
    "save_figure",
    "write_failure",
    "write_index",
    "write_page",
]

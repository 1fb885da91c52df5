"""A page that shows the data before they are trained on."""

from .page import write_data_report

__all__ = ['write_data_report']

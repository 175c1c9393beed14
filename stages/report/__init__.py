"""Stage `report`: one page and one table of what a reproduction measured."""

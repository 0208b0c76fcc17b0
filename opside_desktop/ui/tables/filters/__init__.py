"""The conditions of a table as a person sees and writes them: the bar, chips, menus, editors."""

-- Boundaries that were imported from a file say so, and win over the site file's sketches.

ALTER TABLE area ADD COLUMN boundary_source text;
COMMENT ON COLUMN area.boundary_source IS 'The file (and its licence) that the boundary was imported from; null: the site file''s own, or none.';

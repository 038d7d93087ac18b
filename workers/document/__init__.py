"""Opens a document of untrusted bytes: its pages as pixels, its own text, the invoice that it carries as XML."""

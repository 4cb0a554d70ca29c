"""The one interpreter of tenant code: expressions and code steps run in killable workers, walled twice."""

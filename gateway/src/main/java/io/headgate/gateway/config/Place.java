package io.headgate.gateway.config;

import java.nio.file.Path;

/** Where in which file something is written; lines and columns begin at 1. */
record Place(String file, int line, int column) {
    /** Where the relative paths start that are written here. */
    Path directory() {
        return TextFile.directoryOf(Path.of(file));
    }

    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}

package io.headgate.gateway.config;

/** Where in which file something is written; lines and columns begin at 1. */
record Place(String file, int line, int column) {
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}

package io.headgate.benchmarks.load;

import java.io.IOException;

/** A program that a scenario needs is not there; the message says what to install. */
final class CannotStart extends IOException {
    private static final long serialVersionUID = 1;

    CannotStart(String program, String debianPackage, IOException cause) {
        super(program + " cannot be started (Debian package " + debianPackage + "): " + cause.getMessage(), cause);
    }
}

package io.headgate.gateway.http;

/** The door could not be opened; the message says where and why, on one line. */
public final class ListenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ListenException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.headgate.gateway.http;

/** How sockets are driven. */
public enum Transport {
    /** Epoll where the kernel has it, else what Java has. */
    AUTO,
    EPOLL,
    IO_URING,
    NIO
}

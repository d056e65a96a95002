package io.headgate.gateway.http;

import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;

/** Writes answers in one protocol, on one connection of HTTP/1.1 or one stream of HTTP/2. */
interface Wire {
    /** A client that waits for it may send its body. */
    void proceed();

    /** A whole answer with its body, in one flush. */
    void answer(DoorCall call, int status, Pieces body, String[] fields);

    /** The head of an event stream and its first comment, in one flush. */
    void begin(DoorCall call, String[] fields);

    /** A buffer for exactly so many bytes of an event stream. */
    ByteBuf frame(DoorCall call, int size);

    /** Sends what such a buffer now holds. */
    void send(DoorCall call, ByteBuf frame);

    /** The end of an event stream. */
    void end(DoorCall call);

    /** Ends the connection, or stream, after what was written, in a way that the client still reads it. */
    void closeAfterwards();

    /** Whether a client that went away can be told from one that only finished sending, by writing to it. */
    boolean probe(DoorCall call);

    /** Bytes written and not yet taken by the network. */
    long held();

    /** Bytes written so far. */
    long written();

    /** Whether nothing taken means that the client really took nothing. */
    boolean seesEveryRead();
}

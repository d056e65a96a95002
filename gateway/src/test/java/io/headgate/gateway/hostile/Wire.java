package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A client's socket without any manners: bytes go out as they are, and what comes back is collected by a thread of its
 * own, so that an answer that precedes a reset is not lost while bytes are still being written.
 */
final class Wire implements AutoCloseable {
    /** How the other side ended the connection. */
    enum End {
        OPEN,
        CLOSED,
        RESET
    }

    private final Socket socket;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private byte[] received = new byte[4096];
    private int length;
    private End end = End.OPEN;

    private Wire(Socket socket, boolean reads) {
        this.socket = socket;
        if (reads) {
            Thread reader = new Thread(this::read, "hostile-reader");
            reader.setDaemon(true);
            reader.start();
        }
    }

    static Wire open(InetSocketAddress address) throws IOException {
        return new Wire(connect(address, 0), /* reads= */ true);
    }

    /** A connection whose answers nobody reads, with as little room for them as the system allows. */
    static Wire deaf(InetSocketAddress address) throws IOException {
        return new Wire(connect(address, 4096), /* reads= */ false);
    }

    static Wire over(Socket socket) {
        return new Wire(socket, /* reads= */ true);
    }

    static Socket connect(InetSocketAddress address, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.connect(address, 5_000);
        return socket;
    }

    private void read() {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = socket.getInputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                append(buffer, n);
            }
            ended(End.CLOSED);
        } catch (IOException e) {
            ended(End.RESET);
        }
    }

    private void append(byte[] bytes, int count) {
        lock.lock();
        try {
            if (received.length - length < count) {
                received = Arrays.copyOf(received, Math.max(received.length * 2, length + count));
            }
            System.arraycopy(bytes, 0, received, length, count);
            length += count;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void ended(End how) {
        lock.lock();
        try {
            if (end == End.OPEN) {
                end = how;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Writes, and says whether the other side still took it. */
    boolean write(byte[] bytes) {
        return write(bytes, 0);
    }

    /** Writes in pieces of this size, each its own segment; 0 writes all at once. */
    boolean write(byte[] bytes, int segment) {
        try {
            int step = segment > 0 ? segment : 64 * 1024;
            for (int from = 0; from < bytes.length; from += step) {
                socket.getOutputStream().write(bytes, from, Math.min(step, bytes.length - from));
            }
            socket.getOutputStream().flush();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** What was received so far from this offset on. */
    byte[] received(int from) {
        lock.lock();
        try {
            return Arrays.copyOfRange(received, Math.min(from, length), length);
        } finally {
            lock.unlock();
        }
    }

    int length() {
        lock.lock();
        try {
            return length;
        } finally {
            lock.unlock();
        }
    }

    End end() {
        lock.lock();
        try {
            return end;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is more than this many bytes, the end, or the deadline; true if there are more bytes. */
    boolean awaitMoreThan(int bytes, Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (length <= bytes && end == End.OPEN) {
                long nanos = deadline.nanosLeft();
                if (nanos <= 0 || changed.awaitNanos(nanos) <= 0) {
                    break;
                }
            }
            return length > bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the end of the connection; {@code OPEN} if it does not come in time. */
    End awaitEnd(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (end == End.OPEN) {
                long nanos = deadline.nanosLeft();
                if (nanos <= 0 || changed.awaitNanos(nanos) <= 0) {
                    break;
                }
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    /** Ends our direction with a FIN. */
    void finish() throws IOException {
        socket.shutdownOutput();
    }

    /** Ends both directions with a RST. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is owed to a socket that is thrown away.
        }
    }

    /** A moment by which something must have happened. */
    record Deadline(long at) {
        static Deadline in(double seconds) {
            return new Deadline(System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1)));
        }

        long nanosLeft() {
            return at - System.nanoTime();
        }

        boolean isOver() {
            return nanosLeft() <= 0;
        }
    }
}

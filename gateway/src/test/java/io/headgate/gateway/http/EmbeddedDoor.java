package io.headgate.gateway.http;

import io.headgate.filter.Events;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.memory.MemoryConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalServerChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.Assertions;

/** The door's own handlers around a channel without a socket; what they allocate is counted. */
final class EmbeddedDoor {
    private static final InetSocketAddress LOCAL = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080);
    private static final InetSocketAddress REMOTE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final MemoryBudget memory = MemoryBudget.of(MemoryConfig.of(1L << 40), meters);
    private final DoorConfig config;
    private final DoorMeters doorMeters = new DoorMeters(meters);
    private final Events events = new Events();

    EmbeddedDoor(DoorLimits limits) {
        config = new DoorConfig("127.0.0.1", 8080, null, Set.of("gw.test"), Set.of("https://page.test"), limits);
    }

    /** One connection from its first byte to its end. */
    Exchanged exchange(FrontDialect dialect, byte[]... portions) {
        Door door = new Door(config, dialect, doorMeters, events, memory, null);
        door.boundTo(LOCAL);
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
        Channel channel = new Channel(allocator);
        Connection connection = new Connection(channel, door);
        channel.closeFuture().addListener(closed -> connection.closed());
        channel.pipeline().addLast(new ProtocolDetector(connection));
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        for (byte[] portion : portions) {
            if (!channel.isOpen()) {
                break;
            }
            channel.writeInbound(allocator.buffer(portion.length).writeBytes(portion));
            channel.runPendingTasks();
            take(channel, answers);
        }
        boolean closedByDoor = !channel.isOpen();
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        channel.runPendingTasks();
        connection.cut();
        channel.runPendingTasks();
        take(channel, answers);
        channel.close();
        channel.runPendingTasks();
        door.stopClocks();
        Assertions.assertThat(channel.releaseInbound())
                .as("nothing passes the door's handlers")
                .isFalse();
        take(channel, answers);
        channel.checkException();
        long left = allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
        Assertions.assertThat(left).as("bytes in buffers that nobody released").isZero();
        return new Exchanged(answers.toByteArray(), closedByDoor);
    }

    private static void take(EmbeddedChannel channel, ByteArrayOutputStream answers) {
        for (Object out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            ByteBuf buffer = (ByteBuf) Objects.requireNonNull(out);
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            buffer.release();
            answers.writeBytes(bytes);
        }
    }

    /** What came back, and whether the door ended the connection by itself. */
    static final class Exchanged {
        private final byte[] bytes;
        private final boolean isClosed;

        Exchanged(byte[] bytes, boolean isClosed) {
            this.bytes = bytes;
            this.isClosed = isClosed;
        }

        byte[] bytes() {
            return bytes;
        }

        boolean isClosed() {
            return isClosed;
        }
    }

    private static final class Channel extends EmbeddedChannel {
        /** By its parent Netty knows the side of the server. */
        private static final LocalServerChannel SERVER = new LocalServerChannel();

        Channel(UnpooledByteBufAllocator allocator) {
            super(SERVER, DefaultChannelId.newInstance(), /* register= */ true, /* hasDisconnect= */ false);
            config().setAllocator(allocator);
        }

        @Override
        protected SocketAddress localAddress0() {
            return isActive() ? LOCAL : super.localAddress0();
        }

        @Override
        protected SocketAddress remoteAddress0() {
            return isActive() ? REMOTE : super.remoteAddress0();
        }
    }
}

package io.headgate.filter.audit.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The disk as the log uses it, so that a test can let it fail. */
interface LogFiles {
    LogFiles DISK = new Disk();

    /** A new file that nobody else can read; fails if there is one already. */
    LogFile create(Path path) throws IOException;

    /** An existing file, to be cut or made durable. */
    LogFile open(Path path) throws IOException;

    /** Makes the names in a directory durable. */
    void syncDirectory(Path directory) throws IOException;

    long usableBytes(Path directory) throws IOException;

    /** An open file. */
    interface LogFile extends AutoCloseable {
        /** Writes some of the bytes behind what was written, at least one. */
        int write(ByteBuffer bytes) throws IOException;

        /**
         * Puts zeros behind what was written, up to a length; the next writes go there. A file that is not made longer is
         * durable sooner.
         */
        void reserve(long length) throws IOException;

        /** Makes the bytes durable, as fdatasync does. */
        void force() throws IOException;

        /** Cuts what is behind a length, and all zeros. */
        void truncate(long length) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** The real one. */
    final class Disk implements LogFiles {
        @Override
        public LogFile create(Path path) throws IOException {
            return new ChannelFile(FileChannel.open(
                    path,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"))));
        }

        @Override
        public LogFile open(Path path) throws IOException {
            return new ChannelFile(FileChannel.open(path, StandardOpenOption.WRITE));
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(/* metaData= */ true);
            }
        }

        @Override
        public long usableBytes(Path directory) throws IOException {
            return Files.getFileStore(directory).getUsableSpace();
        }
    }

    /** A file of the real disk. */
    final class ChannelFile implements LogFile {
        private static final ByteBuffer ZEROS =
                ByteBuffer.allocateDirect(64 * 1024).asReadOnlyBuffer();

        private final FileChannel channel;
        private long end;

        ChannelFile(FileChannel channel) throws IOException {
            this.channel = channel;
            end = channel.size();
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int written = channel.write(bytes, end);
            end += written;
            return written;
        }

        @Override
        public void reserve(long length) throws IOException {
            long from = channel.size();
            while (from < length) {
                ByteBuffer zeros = ZEROS.duplicate();
                from += channel.write(zeros.limit((int) Math.min(zeros.capacity(), length - from)), from);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(/* metaData= */ false);
        }

        @Override
        public void truncate(long length) throws IOException {
            var unused = channel.truncate(length);
            end = length;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}

package io.headgate.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How far an export is: the last record that was taken, in a file beside the segments, so that it goes where they go.
 *
 * @param hash of that record, which tells whether it is still the same log
 */
record ExportPlace(long seq, String hash) {
    static final String FILE = "export.cursor";

    private static final Pattern FORM = Pattern.compile("(\\d{1,18}) ([0-9a-f]{64})\n");
    private static final int LONGEST = 128;

    /** Null if nothing was exported; fails if the file says something else. */
    static @Nullable ExportPlace read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        try {
            Matcher form =
                    FORM.matcher(Files.size(file) > LONGEST ? "" : Files.readString(file, StandardCharsets.ISO_8859_1));
            if (!form.matches()) {
                throw new IOException(file + " is damaged");
            }
            return new ExportPlace(Long.parseLong(form.group(1)), form.group(2));
        } catch (NoSuchFileException none) {
            return null;
        }
    }

    /** The old file or the new one is there, and whole, whenever the machine stops. */
    void write(Path directory) throws IOException {
        Path fresh = directory.resolve(FILE + ".new");
        try (FileChannel file = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer text = StandardCharsets.US_ASCII.encode(seq + " " + hash + "\n");
            while (text.hasRemaining()) {
                int unused = file.write(text);
            }
            file.force(/* metaData= */ false);
        }
        Path unused = Files.move(
                fresh, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

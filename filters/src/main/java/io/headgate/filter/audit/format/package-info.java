/** What the audit log looks like on disk: lines, their hashes, segments, checkpoints and their signatures. */
@NullMarked
package io.headgate.filter.audit.format;

import org.jspecify.annotations.NullMarked;

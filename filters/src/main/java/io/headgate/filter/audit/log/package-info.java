/** Writes the audit log: group commit, hash chain, sealed segments, disk trouble, recovery after a crash. */
@NullMarked
package io.headgate.filter.audit.log;

import org.jspecify.annotations.NullMarked;

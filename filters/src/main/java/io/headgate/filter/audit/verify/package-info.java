/** Proves an audit log complete and untouched, or names the first bad record. */
@NullMarked
package io.headgate.filter.audit.verify;

import org.jspecify.annotations.NullMarked;

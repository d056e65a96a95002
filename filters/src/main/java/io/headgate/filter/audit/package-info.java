/** Keeps a record of every call, durable before the call is made and before its answer is given. */
@NullMarked
package io.headgate.filter.audit;

import org.jspecify.annotations.NullMarked;

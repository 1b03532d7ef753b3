"""The frame of every act: transaction, authorization, idempotency, audit leaf."""

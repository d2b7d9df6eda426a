//! Calling a system once: a program, or an address that is posted to.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::attempt::Failure;
use crate::channel::{Patience, Webhook};
use crate::clock::{Clock as _, SystemClock};
use crate::command::CommandCarrier;
use crate::mistake::Mistake;
use crate::post::Opening;
use crate::secret::Secrets;
use crate::webhook::WebhookCarrier;

/// Is a system that can be called.
#[derive(Debug)]
pub struct Call {
    way: Way,
    secrets: Secrets,
}

#[derive(Debug)]
enum Way {
    Program(CommandCarrier),
    Address(Box<WebhookCarrier>),
}

impl Call {
    /// Makes a program ready, with its arguments, which runs in `folder`; a path of it starts there.
    ///
    /// # Errors
    /// There is no program.
    pub fn program(argv: &[String], folder: &Path) -> Result<Call, Mistake> {
        let (program, arguments) = argv.split_first().ok_or(Mistake::Empty)?;
        Ok(Call {
            way: Way::Program(CommandCarrier::new(program, arguments, folder)),
            secrets: Secrets::default(),
        })
    }

    /// Makes an address ready, with its `${NAME}` from the environment. It may be an http:// address: what
    /// is said in a call is no secret.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn address(
        url: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Call, Mistake> {
        let webhook = Webhook {
            name: "call".to_owned(),
            notices: Vec::new(),
            language: None,
            patience: Patience::default(),
            url: url.to_owned(),
            headers: BTreeMap::new(),
            body: None,
            accept: Map::new(),
            proxy: None,
            ca_file: None,
            plain: true,
        };
        let mut secrets = Secrets::default();
        let mut opening = Opening::new(Path::new("."), environment, &mut secrets);
        let carrier = WebhookCarrier::open(&webhook, &mut opening);
        let mistakes = opening.into_mistakes(&webhook.name);
        match (carrier, mistakes.into_iter().next()) {
            (Some(carrier), None) => Ok(Call {
                way: Way::Address(Box::new(carrier)),
                secrets,
            }),
            (_, found) => Err(found.map_or(Mistake::Empty, |found| found.mistake)),
        }
    }

    /// Hides the values of every `${NAME}` in these texts as well: a program may know them, and say them.
    #[must_use]
    pub fn hiding<'a>(
        mut self,
        texts: impl IntoIterator<Item = &'a str>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Call {
        for text in texts {
            // What is not set is no secret.
            let _ = self.secrets.fill(text, environment);
        }
        self
    }

    /// Calls once, with `about` on the program's standard input or as the body of the request. It has
    /// succeeded if the program ends with 0, or the address answers 2xx. `id` tells the call from others:
    /// programs find it in `CROSSFOOT_CALL_ID`, addresses in the header `Idempotency-Key`.
    ///
    /// # Errors
    /// What went wrong, in one line, without a secret that is known. The system may have done its work all
    /// the same.
    pub fn make(&self, id: &str, about: &Value, time_limit: Duration) -> Result<(), String> {
        let (input, id) = (about.to_string().into_bytes(), crate::visible(id));
        let made = match &self.way {
            Way::Program(program) => {
                let id = ("CROSSFOOT_CALL_ID", id.as_str());
                program.run(input, id, &self.secrets, time_limit)
            }
            Way::Address(address) => {
                let now = SystemClock.now();
                address.post(input, &id, now, &self.secrets, time_limit)
            }
        };
        made.map(|_| ()).map_err(|Failure { says, .. }| says)
    }
}

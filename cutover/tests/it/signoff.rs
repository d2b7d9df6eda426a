//! Keys, sign-offs, and what makes one void.

use cutover::Digest;
use cutover::signoff::{
    PublicKey, Refused, SecretKey, SignOff, Statement, Subject, check, read_trusted, two_people,
};
use insta::assert_snapshot;

use super::world::{at, key, li, trusted, wang};

fn statement(role: &str, name: &str) -> Statement {
    Statement {
        role: role.into(),
        name: name.into(),
        plan: "ruixin-bao".into(),
        manifest_blake3: Digest::of(b"manifest"),
        daybook_head: Digest::of(b"head"),
        at: at("11:20"),
    }
}

fn signed() -> SignOff {
    statement("accountant", "Li Na")
        .sign(&li())
        .expect("one line each")
}

fn verify(sign_off: &SignOff) -> Result<(), Refused> {
    let subject = Subject {
        plan: "ruixin-bao",
        manifest_blake3: Digest::of(b"manifest"),
        daybook_heads: &[Digest::of(b"other"), Digest::of(b"head")],
    };
    check(sign_off, &trusted(), &subject).map(|_| ())
}

#[test]
fn the_statement_is_this_text_to_the_byte() {
    assert_snapshot!(statement("accountant", "李娜").text().expect("one line each"), @r"
    crossfoot sign-off 1
    role: accountant
    name: 李娜
    plan: ruixin-bao
    manifest: 0d197521d9a48760576da1c87dfd828a60d397ea1e16f92a5b7c44b4f4060ce1
    daybook: 35f1ea002bfb00c125884e650f864046b687e0a48a6edc1a591c459f8c341da5
    at: 2013-05-27T11:20:00Z
    ");
}

#[test]
fn a_sign_off_holds_and_comes_back_from_its_file() {
    let sign_off = signed();
    assert_eq!(verify(&sign_off), Ok(()));
    let text = serde_json::to_string(&sign_off).expect("json");
    assert_eq!(
        serde_json::from_str::<SignOff>(&text).expect("a sign-off"),
        sign_off
    );
    // The same words and key give the same signature.
    assert_eq!(signed(), sign_off);
}

#[test]
fn a_known_key_signs_as_the_standard_says() {
    // RFC 8032, section 7.1, test 1: this secret key has this public key.
    let digits = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let secret =
        SecretKey::read(&format!("crossfoot-secret-key-1 {digits} Li Na\n")).expect("a key");
    assert_eq!(
        secret.public().to_string(),
        "crossfoot-public-key-1 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a Li Na"
    );
}

#[test]
fn every_way_to_fail_is_named() {
    let refused = |sign_off: &SignOff| verify(sign_off).expect_err("it does not hold").to_string();
    let stranger = statement("accountant", "Zhao")
        .sign(&key(3, "Zhao"))
        .expect("one line each");
    assert_snapshot!(refused(&stranger), @"signed by the key 9c380d6efec2ec39, which is not among the trusted keys; add it, or have a trusted person sign");
    let in_her_name = statement("accountant", "Li Na")
        .sign(&wang())
        .expect("one line each");
    assert_snapshot!(refused(&in_her_name), @r#"signed in the name "Li Na" by the key 1eed29b1654fbca9, which is that of "Wang Wei"; its owner must sign in their own name"#);
    let other_role = statement("engineer", "Li Na")
        .sign(&li())
        .expect("one line each");
    assert_snapshot!(refused(&other_role), @r#"signed as "engineer" by "Li Na", whose key 83561adb398fd87f is trusted as accountant only; have the right person sign"#);
    let changed = |change: fn(&mut Statement)| {
        let mut statement = statement("accountant", "Li Na");
        change(&mut statement);
        statement.sign(&li()).expect("one line each")
    };
    assert_snapshot!(refused(&changed(|s| s.plan = "ruixin-pay".into())), @r#"it signs the plan "ruixin-pay", and this is "ruixin-bao"; sign this one"#);
    assert_snapshot!(refused(&changed(|s| s.manifest_blake3 = Digest::of(b"x"))), @"it signs the manifest 3ae7d805f6789a6402acb70ad4096a85a56bf6804eaf25c0493ac697548d30b5, and the evidence has 0d197521d9a48760576da1c87dfd828a60d397ea1e16f92a5b7c44b4f4060ce1; look at this evidence and sign again");
    assert_snapshot!(refused(&changed(|s| s.daybook_head = Digest::of(b"x"))), @"it rests on the daybook's hash 3ae7d805f6789a6402acb70ad4096a85a56bf6804eaf25c0493ac697548d30b5, and what there is to sign has changed since, or was never so; sign again");
    let mut forged = signed();
    forged.statement.at = at("11:21");
    assert_snapshot!(refused(&forged), @r#"its signature is not that of "Li Na" (key 83561adb398fd87f) over these words; they were changed after signing, sign again"#);
    let mut two_lines = signed();
    two_lines.statement.plan = "ruixin-bao\nmanifest: 0".into();
    assert_snapshot!(refused(&two_lines), @r#"it says what nobody can sign: the plan "ruixin-bao\nmanifest: 0" cannot be signed; it must be one line without blanks at its ends"#);
}

#[test]
fn any_other_bit_of_the_signature_is_no_signature() {
    let text = serde_json::to_string(&signed()).expect("json");
    let begin = text.find("\"signature\":\"").expect("a signature") + 13;
    for place in begin..begin + 128 {
        let mut other = text.clone().into_bytes();
        other[place] = if other[place] == b'0' { b'1' } else { b'0' };
        let forged: SignOff = serde_json::from_slice(&other).expect("digits");
        assert!(verify(&forged).is_err(), "digit {place}");
    }
}

#[test]
fn two_people_are_two_keys_two_names_and_two_roles() {
    let sign = |role: &str, name: &str, seed| {
        statement(role, name)
            .sign(&key(seed, name))
            .expect("one line each")
    };
    let told = |first: &SignOff, second: &SignOff| match two_people(&[first, second]) {
        Ok(()) => "two people".to_owned(),
        Err(why) => why.to_string(),
    };
    let li = sign("accountant", "Li Na", 1);
    assert_snapshot!(told(&li, &sign("engineer", "Wang Wei", 2)), @"two people");
    assert_snapshot!(told(&li, &sign("engineer", "Wang Wei", 1)), @r#"the key 83561adb398fd87f signed as "accountant" and as "engineer"; have another person sign with a key of their own"#);
    assert_snapshot!(told(&li, &sign("engineer", "LI NA", 2)), @r#""Li Na" signed as "accountant" and as "engineer"; have another person sign"#);
    assert_snapshot!(told(&li, &sign("accountant", "Wang Wei", 2)), @r#"two signed as "accountant"; have a person of another role sign"#);
    assert_snapshot!(two_people(&[&li]).expect_err("one"), @"1 signed off, and it takes two; have another person of another role sign");
    assert_snapshot!(two_people(&[]).expect_err("none"), @"0 signed off, and it takes two; have another person of another role sign");
}

#[test]
fn key_files_are_one_line_and_read_back() {
    let secret = li();
    let read = SecretKey::read(&secret.to_file()).expect("its own file");
    assert_eq!(read.public(), secret.public());
    let public: PublicKey = secret
        .public()
        .to_file()
        .trim_end()
        .parse()
        .expect("its own line");
    assert_eq!(public, secret.public());
    assert_eq!(public.id(), secret.public().id());
    assert_snapshot!(secret.public().to_file(), @"crossfoot-public-key-1 8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c Li Na");
    assert_eq!(
        SecretKey::read(&secret.to_file().replace('\n', "\r\n"))
            .expect("a line")
            .name(),
        "Li Na"
    );
    assert!(SecretKey::from_seed([1; 32], "two\nlines").is_err());
}

#[test]
fn what_is_no_key_is_named_and_no_secret_is_told() {
    let digits = "01".repeat(32);
    let secret = |text: &str| match SecretKey::read(text) {
        Ok(_) => "a key".to_owned(),
        Err(why) => why.to_string(),
    };
    assert_snapshot!(secret(""), @"is no secret key; its one line must be `crossfoot-secret-key-1 <64 digits> <name>`");
    assert_snapshot!(secret(&format!("crossfoot-secret-key-1 {digits}")), @"lacks its owner's name, in one line without blanks at its ends; write it behind the digits");
    let public = |text: &str| match text.parse::<PublicKey>() {
        Ok(_) => "a key".to_owned(),
        Err(why) => why.to_string(),
    };
    assert_snapshot!(public(&li().to_file()), @"is a secret key, and a public one belongs here; give the public key, and draw new ones if others saw this file");
    assert_snapshot!(public(&format!("crossfoot-public-key-1 {} Li", "00".repeat(32))), @"holds no usable key: its 64 digits are no point of the curve, or a weak one; make a new pair");
    assert_snapshot!(public(&format!("crossfoot-public-key-1 {} Li", "02".repeat(32))), @"holds no usable key: its 64 digits are no point of the curve, or a weak one; make a new pair");
    for text in [
        format!("crossfoot-secret-key-1 {}G Li Na", &digits[1..]),
        format!("crossfoot-secret-key-2 {digits} Li Na"),
        format!("crossfoot-secret-key-1 {digits}0 Li Na"),
        format!("crossfoot-secret-key-1 {digits} Li Na\nmore"),
    ] {
        let told = secret(&text);
        assert_ne!(told, "a key", "{text}");
        assert!(!told.contains(&digits[2..40]), "{told}");
    }
    assert!(!format!("{:?}", li()).contains(&digits));
}

#[test]
fn a_list_of_trusted_keys_is_read_or_its_line_named() {
    let (li, wang) = (li().public(), wang().public());
    let list = format!("# who may sign\n\naccountant,controller {li}\nengineer {wang}\n");
    let trusted = read_trusted(&list).expect("a list");
    assert_eq!(trusted.len(), 2);
    assert_eq!(trusted[0].roles, ["accountant", "controller"]);
    assert_eq!(trusted[1].key.name(), "Wang Wei");
    let error = |text: &str| read_trusted(text).expect_err("no list").to_string();
    assert_snapshot!(error(&format!("{li}")), @"line 1 of the trusted keys must be `<role>[,<role>] crossfoot-public-key-1 <64 digits> <name>`");
    assert_snapshot!(error(&format!("a {li}\n\nb {li}")), @"line 3 of the trusted keys has the key of line 1 once more; give each key one line with all its roles");
    assert_snapshot!(error(&format!("a, {li}")), @"line 1 of the trusted keys must be `<role>[,<role>] crossfoot-public-key-1 <64 digits> <name>`");
    assert_snapshot!(error(&format!("a {}", super::world::li().to_file())), @"the key in line 1 of the trusted keys is a secret key, and a public one belongs here; give the public key, and draw new ones if others saw this file");
    assert_snapshot!(error("accountant"), @"line 1 of the trusted keys must be `<role>[,<role>] crossfoot-public-key-1 <64 digits> <name>`");
}

//! Fields that vendors leave null, or write as the text "$undefined", or as a number here and as a text there.

use serde::de::{self, IntoDeserializer, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use std::fmt;
use std::marker::PhantomData;

/// For `#[serde(deserialize_with)]`: null is the default, and so is the text "$undefined" that some pages embed.
///
/// The value is handed on as it comes. An untagged enum would do the same in a line and keep a copy of each list, once more
/// for each list within, until it is read.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    d.deserialize_any(Nullable(PhantomData))
}

struct Nullable<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Nullable<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E: de::Error>(self, v: bool) -> Result<T, E> {
        T::deserialize(Present(v.into_deserializer()))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<T, E> {
        T::deserialize(Present(v.into_deserializer()))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<T, E> {
        T::deserialize(Present(v.into_deserializer()))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<T, E> {
        T::deserialize(Present(v.into_deserializer()))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<T, E> {
        if v == "$undefined" { Ok(T::default()) } else { T::deserialize(Present(v.into_deserializer())) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::deserialize(Present(value::SeqAccessDeserializer::new(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(Present(value::MapAccessDeserializer::new(map)))
    }
}

/// A value that is there: the deserialisers of serde's library do not offer it to an `Option`.
struct Present<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Present<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(v)
    }

    fn deserialize_option<V: Visitor<'de>>(self, v: V) -> Result<V::Value, D::Error> {
        v.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, v: V) -> Result<V::Value, D::Error> {
        v.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        v: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, v)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A word or a number that is written as text by one vendor and as a number by another, or by the same one elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word(pub(super) String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Word, D::Error> {
        d.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl Visitor<'_> for WordVisitor {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Word, E> {
        Ok(Word(v.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Word, E> {
        Ok(Word(v.to_string()))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Word, E> {
        Ok(Word(v.to_string()))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Word, E> {
        Ok(Word(v.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Inner {
        #[serde(default, deserialize_with = "nullable")]
        word: Word,
        #[serde(default, deserialize_with = "nullable")]
        list: Vec<Option<i64>>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Outer {
        #[serde(default, deserialize_with = "nullable")]
        text: Option<String>,
        #[serde(default, deserialize_with = "nullable")]
        flag: bool,
        #[serde(default, deserialize_with = "nullable")]
        inner: Option<Inner>,
        #[serde(default, deserialize_with = "nullable")]
        many: Vec<Inner>,
    }

    fn read(json: &str) -> Result<Outer, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn null_undefined_and_absent_are_the_default() {
        let nothing = Outer::default();
        assert_eq!(read("{}").unwrap(), nothing);
        assert_eq!(read(r#"{"text":null,"flag":null,"inner":null,"many":null}"#).unwrap(), nothing);
        assert_eq!(
            read(r#"{"text":"$undefined","flag":"$undefined","inner":"$undefined","many":"$undefined"}"#).unwrap(),
            nothing
        );
    }

    #[test]
    fn what_is_there_is_read_at_any_depth() {
        let read = read(r#"{"text":"a","flag":true,"inner":{"word":3,"list":[1,null]},"many":[{"word":"x"},{}]}"#);
        let inner = Inner { word: Word("3".into()), list: vec![Some(1), None] };
        let many = vec![Inner { word: Word("x".into()), list: vec![] }, Inner::default()];
        assert_eq!(read.unwrap(), Outer { text: Some("a".into()), flag: true, inner: Some(inner), many });
    }

    #[test]
    fn a_value_of_another_kind_is_an_error() {
        for wrong in
            [r#"{"text":1}"#, r#"{"flag":"yes"}"#, r#"{"inner":3}"#, r#"{"many":{}}"#, r#"{"many":[{"word":[]}]}"#]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

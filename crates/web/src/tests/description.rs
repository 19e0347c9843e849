//! The API's description, held still.

use super::house::House;

#[test]
fn the_description_of_the_api_changes_only_on_purpose() {
    let house = House::new();
    let got = house.get("/api/v1/openapi.json");
    assert_eq!(got.status, 200);
    insta::assert_json_snapshot!("openapi", got.json());
}
